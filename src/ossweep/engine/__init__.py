"""
The sweep itself. It knows neither Function Compute, nor events, nor oss2: a bucket, the time and
chance are handed in (`ports.py`).

The belt, and who hands what to whom::

    ranges → listing → selection → batches → deletions → accounts

- `sweep.py` runs the loop: start what may start, wait until a request ends, book it, look again.
- The dispatcher (`dispatcher.py`) does the starting. It knows things to delete only as sources
  (`source.py`): named keys, ranges, directory markers. Each kind is a file, and a line of the
  table in `sources/`.
- A source asks questions (`reads.py`): for a page of a listing, or for objects known by name.
  Pages go to the selection (`selection.py`), which makes batches of what is to be deleted
  (`batch.py`). Where that takes more than the listing tells, a page is sifted first: `tagging.py`
  asks for tags, `latest.py` lists the directories whose latest stay. Objects that stay for that say
  so.
- Where a plan is applied, `applying.py` stands before the selection: pages wait until the border of
  their stretch is listed, and then go on or stay together. Where one is made, `planning.py` takes
  the sums of each batch as it settles.
- Batches wait in queues (`queues.py`). The turns (`turns.py`) say which of them goes next, the
  throttle when, and how large it may be. The dispatcher takes it up, and a thread deletes it.
- The outcome (`outcomes.py`) goes back to the source, which settles it: its counts go into the
  books (`books.py`). The accounts (`accounts.py`) reckon from books and sources what has become of
  all keys, and what is left.

Three things are known of each range, and each has one owner: how far it is scanned (`scan.py`, the
frontier's), what was met and waits (`backlog.py`, which the selection fills and the turns empty),
and how far it is settled (`settlement.py`, the settling's).

What bounds memory:

- A range has at most `frontier.AHEAD` batches waiting when its next page is asked for, and at most
  as many ranges are open as may be listed at once (`window.py`).
- At most `settlement.EARLY` batches of a range wait to settle, or more if they are small, each
  without its keys.
- Where a plan is applied, of each range the pages of one stretch are held back.
- One batch of named keys waits, beside those that were looked at: of these, and of the keys of
  lists, at most `draft.AHEAD` are looked at or wait. One batch of directories is under way.
- As many deletions, and looks at tags, are under way as the throttle has room for.
- Of a directory whose latest stay, so many are in mind while it is passed, and one is afterwards.

Who waits for whom:

- Only the dispatcher's thread decides and books; the others wait for the network and the
  throttle only (`pipeline.py`).
- Listing waits for named keys, so that what a person names comes first, and for the deletions of
  what was listed, which would grow old at the pace that they have.
- Deletions wait for the look at the bucket's versioning (`caution.py`), for the throttle, and under
  a ceiling for the checkpoint that reserves them (`beside.py`).
- A batch settles after those before it in its range; one that OSS refuses as a whole is kept apart.
- Directory markers wait for everything else. When too many of them wait because OSS has refused
  them, everything else waits for a round of them.
- All of them stop at the gate (`gate.py`), which closes when time is up or OSS refuses everything.
"""
