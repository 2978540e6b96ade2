"""
The filters: which objects the conditions of `only` let go, one file each, pure.

A filter returns the reason why an object is kept, and judges a page as a whole where that is exact.
What it cannot judge is kept (`reasons.UNJUDGED`). `making.py` makes the filters of conditions.
"""
