"""The reader by columns: it learns which elements rows have, and reads those it is asked for."""

from __future__ import annotations

import pytest

from ossweep.store.forms import Element
from ossweep.store.rows import Shape, Table, unescaped

pytestmark = pytest.mark.differs


def shape() -> Shape:
    return Shape(
        root=b"Page",
        row=b"Row Mark",
        elements=(Element(b"Key"), Element(b"Size", rb"\d{1,9}", is_always=False)),
        columns=b"Key",
        never=b"Folders",
    )


def read(rows: str, also: bytes = b"", by: Shape | None = None) -> Table | None:
    return (by or shape()).read(f"<Page><Of>a</Of>{rows}</Page>".encode(), also)


ROWS = "<Row><Key>a</Key><Size>1</Size></Row><Mark><Key>b</Key></Mark>"


def test_a_column_that_every_row_has_is_read() -> None:
    """Beside the leaves of the root, and the rows' own names where there are several."""
    table = read(ROWS)

    assert table is not None
    assert (table.columns, table.names) == ({"Key": [b"a", b"b"]}, [b"Row", b"Mark"])
    assert table.leaves == {b"Of": b"a"}


def test_an_extra_column_is_read_where_it_is_asked_for() -> None:
    """With None for a row that lacks it; what nobody asks for costs nothing."""
    tagged = ROWS.replace("</Mark>", "<Tag>&quot;t&quot;</Tag></Mark>")

    table = read(tagged, also=b"Size Tag")

    assert table is not None
    assert table.columns["Size"] == [b"1", None]
    assert table.columns["Tag"] == [None, b"&quot;t&quot;"]
    assert unescaped([b"&quot;t&quot;", b"&amp;lt;"]) == ['"t"', "&lt;"]


def test_an_extra_column_that_no_row_has_yet_is_none() -> None:
    """It is a column all the same."""
    table = read(ROWS, also=b"Tag")

    assert table is not None
    assert table.columns["Tag"] == [None, None]


def test_rows_of_two_orders_in_one_document_are_left_to_a_parser() -> None:
    """What fits both fits many a row in more ways than anybody has the time for."""
    before = "<Row><Tag>t</Tag><Key>a</Key></Row>"
    behind = "<Row><Key>b</Key><Tag>u</Tag></Row>"
    by = shape()

    tables = [read(rows, b"Tag", by) for rows in (before * 2, behind * 2, before + behind)]

    assert [table and table.columns["Tag"] for table in tables] == [[b"t"] * 2, [b"u"] * 2, None]


def test_a_row_that_does_not_fit_ends_soon_whatever_was_learned() -> None:
    """Of 40 elements that are empty in one row and hold others in the next."""
    names = [f"{one}{other}" for one in "ab" for other in "cdefghijklmnopqrstuv"]
    full, empty = (
        "".join(f"<{name}>{inside}</{name}>" for name in names[:30]) for inside in ("<z>1</z>", "")
    )
    by = shape()

    assert read(f"<Row><Key>a</Key>{full}</Row><Row><Key>b</Key>{empty}</Row>", by=by) is not None
    assert read(f"<Row><Key>a</Key>{empty}<!-- --></Row>", by=by) is None


def test_a_value_that_an_element_never_has_is_not_learned() -> None:
    """Wherever the element stands."""
    assert read("<Row><Size>one</Size><Key>a</Key></Row>") is None


def test_a_row_with_more_elements_than_any_has_is_left_to_a_parser() -> None:
    """So no document makes the next one slow."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    many = "".join(f"<{one}{other}/>" for one in "abc" for other in letters)

    assert read(f"<Row><Key>a</Key>{many}</Row>") is None
    assert read(f"<Row><Key>a</Key>{many[:100]}</Row>") is not None


def test_a_root_with_a_leaf_that_it_may_not_have_is_left_to_a_parser() -> None:
    """As are two of one name, and a row that is none."""
    assert read("<Folders></Folders>" + ROWS) is None
    assert read("<Of></Of>" + ROWS) is None
    assert read("<Row/>" + ROWS) is None
