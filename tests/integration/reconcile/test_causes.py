"""Each cause, decided by its rule and by no other: include/governance/reconcile/causes.py says them."""

from __future__ import annotations

from datetime import date

from tests.integration.reconcile.desk import DAYS, Desk, lines, series

HEADER = "Day,Branch,Spend\n"
UNEVEN = ["120.5", "98.25", "143", "77.1", "205.75", "160", "91.4", "133.3", "58.9", "182"]


def test_equal_rows_are_equal(desk: Desk) -> None:
    desk.has_mart(series("north", UNEVEN))
    desk.has_extract(HEADER + lines("north", UNEVEN))
    found = desk.findings()
    assert (found.both, found.open, found.counts) == (10, 0, ())
    assert (found.columns[0].equal, found.columns[0].within_tolerance) == (10, 0)


def test_a_key_that_only_one_side_has(desk: Desk) -> None:
    desk.has_mart("('2026-11-02', 'north', 1), ('2026-11-02', 'south', 2), ('2026-11-03', 'north', 3)")
    desk.has_extract(HEADER + "2026-11-02,north,1\n2026-11-02,east,9\n2026-11-03,north,3\n")
    assert desk.causes() == {("", "only_in_legacy"): 1, ("", "only_in_mart"): 1}
    assert {sample.key for sample in desk.findings().samples} == {("east",), ("south",)}


def test_a_key_twice_on_either_side_is_not_compared(desk: Desk) -> None:
    desk.has_mart("('2026-11-02', 'north', 1), ('2026-11-02', 'south', 2), ('2026-11-02', 'south', 2)")
    desk.has_extract(HEADER + "2026-11-02,north,1\n2026-11-02,north,1\n2026-11-02,south,2\n")
    assert desk.causes() == {("", "duplicate_in_legacy"): 1, ("", "duplicate_in_mart"): 1}
    found = desk.findings()
    assert found.both == 0
    assert {(one.legacy, one.mart) for one in found.samples} == {("2 rows", None), (None, "2 rows")}


def test_rounding_within_the_tolerance_agrees_and_beyond_it_does_not(desk: Desk) -> None:
    desk.has_mart(
        "('2026-11-02', 'north', 10.004), ('2026-11-03', 'north', 10.006), ('2026-11-04', 'north', 7)"
    )
    desk.has_extract(HEADER + "2026-11-02,north,10\n2026-11-03,north,10\n2026-11-04,north,7\n")
    found = desk.findings(columns={"Spend": {"mart": "spend", "tolerance": 0.005}})
    assert (found.columns[0].equal, found.columns[0].within_tolerance, found.open) == (1, 1, 1)
    assert [one.day for one in found.samples] == [date(2026, 11, 3)]
    assert desk.causes(columns={"Spend": {"mart": "spend", "relative_tolerance": 0.001}}) == {}


def test_a_whole_column_in_cents_and_one_in_another_sign(desk: Desk) -> None:
    desk.has_mart(
        ", ".join(
            f"('{day}', 'north', {value}, {value}, 1)" for day, value in zip(DAYS, UNEVEN, strict=True)
        ),
        columns="day date, branch varchar, spend number(18, 4), net number(18, 4), other number(18, 4)",
    )
    rows = "".join(
        f"{day},north,{float(value) * 100:.0f},-{value},1\n" for day, value in zip(DAYS, UNEVEN, strict=True)
    )
    desk.has_extract("Day,Branch,Spend,Net,Other\n" + rows)
    columns = {"Spend": "spend", "Net": "net", "Other": "other"}
    found = desk.findings(columns=columns)
    assert [column.factor for column in found.columns] == [100, -1, None]
    assert desk.causes(columns=columns) == {("Spend", "factor"): 10, ("Net", "factor"): 10}
    told = {"Spend": {"mart": "spend", "scale": 0.01}, "Net": {"mart": "net", "scale": -1}}
    assert desk.causes(columns={**columns, **told}) == {}


def test_percent_against_a_fraction_though_the_report_rounds(desk: Desk) -> None:
    desk.has_mart(series("north", ["0.4523", "0.3849", "0.5171", "0.6002"]))
    desk.has_extract(HEADER + lines("north", ["45.2", "38.5", "51.7", "60.0"]))
    assert desk.causes() == {("Spend", "factor"): 4}


def test_a_factor_must_explain_the_column_and_not_some_rows(desk: Desk) -> None:
    desk.has_mart(series("north", UNEVEN))
    most = [*UNEVEN[:3], *(str(float(value) * 100) for value in UNEVEN[3:])]
    desk.has_extract(HEADER + lines("north", most))
    assert desk.causes() == {("Spend", "definition"): 7}


def test_values_of_the_neighbouring_day(desk: Desk) -> None:
    """The old process books a day's spend on the next day: UTC against Toronto."""
    desk.has_mart(series("north", UNEVEN) + ", " + series("south", UNEVEN[::-1]))
    desk.has_extract(HEADER + lines("north", ["66.6", *UNEVEN[:-1]]) + lines("south", UNEVEN[::-1]))
    assert desk.causes() == {("Spend", "day_shift"): 9, ("Spend", "definition"): 1}


def test_one_value_that_happens_to_be_the_neighbours_is_no_shift(desk: Desk) -> None:
    desk.has_mart(series("north", UNEVEN))
    other = [str(float(value) + 1) for value in UNEVEN]
    other[4] = UNEVEN[3]
    desk.has_extract(HEADER + lines("north", other))
    assert desk.causes() == {("Spend", "definition"): 10}


def test_rows_that_stand_one_day_off(desk: Desk) -> None:
    """Events of the evening: the mart has them on the Toronto day, the extract on the UTC day after."""
    desk.has_mart(
        "('2026-11-02', 'd1', 5), ('2026-11-03', 'd2', 6), ('2026-11-04', 'd3', 7), ('2026-11-03', 'd4', 8)"
    )
    desk.has_extract(HEADER + "2026-11-03,d1,5\n2026-11-03,d2,6\n2026-11-05,d3,7\n2026-11-04,d4,9\n")
    assert desk.causes() == {("", "day_shift"): 2, ("", "only_in_legacy"): 1, ("", "only_in_mart"): 1}
    shifted = [one for one in desk.findings().samples if one.cause == "day_shift"]
    assert [(one.key, one.legacy, one.mart) for one in shifted] == [
        (("d1",), "2026-11-03", "2026-11-02"),
        (("d3",), "2026-11-05", "2026-11-04"),
    ]


def test_a_date_that_is_no_key_is_compared_like_a_value(desk: Desk) -> None:
    desk.has_mart(
        "('2026-11-02', 'd1', 5), ('2026-11-03', 'd2', 6), ('2026-10-20', 'd3', 7), ('2026-10-01', 'd9', 1)"
    )
    desk.has_extract(HEADER + "2026-11-03,d1,5\n2026-11-03,d2,6\n2026-11-05,d3,7\n")
    assert desk.causes(date_is_key=False) == {("Day", "day_shift"): 1, ("Day", "definition"): 1}


def test_text_that_differs_in_case_space_or_accents_only(desk: Desk) -> None:
    desk.has_mart(
        "('2026-11-02', 1, 'Côte-des-Neiges'), ('2026-11-02', 2, 'Spring sale'), ('2026-11-02', 3, 'Summer')",
        columns="day date, id int, name varchar",
    )
    desk.has_extract(
        "Day,Id,Name\n2026-11-02,01,COTE-DES-NEIGES\n2026-11-02,2, spring  sale\n2026-11-02,3,Sommer\n"
    )
    assert desk.causes(keys={"Id": {"mart": "id"}}, columns={"Name": "name"}) == {
        ("Name", "text_form"): 2,
        ("Name", "definition"): 1,
    }


def test_a_key_written_differently_is_paired_and_its_values_compared(desk: Desk) -> None:
    desk.has_mart("('2026-11-02', 'Montréal', 1), ('2026-11-03', 'Montréal', 2), ('2026-11-02', 'Laval', 3)")
    desk.has_extract(HEADER + "2026-11-02,MONTREAL,1\n2026-11-03,MONTREAL,5\n2026-11-02,Laval,3\n")
    assert desk.causes() == {("", "text_form"): 2, ("Spend", "definition"): 1}


def test_a_key_that_could_mean_two_is_not_paired(desk: Desk) -> None:
    desk.has_mart("('2026-11-02', 'Montréal', 1), ('2026-11-02', 'Montreal ', 2)")
    desk.has_extract(HEADER + "2026-11-02,MONTREAL,1\n")
    assert desk.causes() == {("", "only_in_legacy"): 1, ("", "only_in_mart"): 2}


def test_empty_against_zero(desk: Desk) -> None:
    desk.has_mart("('2026-11-02', 'north', 0), ('2026-11-03', 'north', null), ('2026-11-04', 'north', null)")
    desk.has_extract(HEADER + "2026-11-02,north,\n2026-11-03,north,0.00\n2026-11-04,north,\n")
    assert desk.causes() == {("Spend", "null_or_zero"): 2}


def test_no_row_stands_for_zero_where_the_file_says_so(desk: Desk) -> None:
    desk.has_mart("('2026-11-02', 'north', 5), ('2026-11-03', 'south', 0)")
    desk.has_extract(HEADER + "2026-11-02,north,5\n2026-11-03,north,0\n2026-11-03,east,x\n")
    assert desk.causes() == {("", "only_in_legacy"): 2, ("", "only_in_mart"): 1}
    assert desk.causes(missing_is_zero=True) == {("", "null_or_zero"): 2, ("", "only_in_legacy"): 1}


def test_what_came_after_the_extract_was_cut_is_late(desk: Desk) -> None:
    desk.has_mart(series("north", UNEVEN))
    desk.has_extract(HEADER + lines("north", UNEVEN[:7]))
    found = desk.findings(last=date(2026, 11, 11))
    assert [(count.cause, count.rows) for count in found.counts] == [("late_data", 3)]
    found = desk.findings(last=date(2026, 11, 11), legacy={"last_day": date(2026, 11, 10)})
    assert {count.cause: count.rows for count in found.counts} == {"only_in_mart": 2, "late_data": 1}


def test_a_row_that_changed_after_the_extract_was_cut_is_late(desk: Desk) -> None:
    """Of a table without the day in its key, such as deals with the day of their last change."""
    desk.has_mart("('2026-11-09', 'd1', 900), ('2026-11-02', 'd2', 5)")
    desk.has_extract(HEADER + "2026-11-02,d1,500\n2026-11-03,d2,5\n")
    assert desk.causes(date_is_key=False) == {
        ("Spend", "late_data"): 1,
        ("Day", "late_data"): 1,
        ("Day", "day_shift"): 1,
    }


def test_what_cannot_be_read_is_said_and_not_taken_for_empty(desk: Desk) -> None:
    desk.has_mart("('2026-11-02', 'north', null), ('2026-11-03', 'north', 1)")
    desk.has_extract(HEADER + "2026-11-02,north,n/a\n2026-11-03,north,1\nTotal,,1\n")
    assert desk.causes() == {("", "unreadable"): 1, ("Spend", "unreadable"): 1}
    assert desk.causes(legacy={"nulls": ["n/a", "Total"]}) == {("", "unreadable"): 1}


def test_everything_else_is_another_definition(desk: Desk) -> None:
    desk.has_mart(series("north", UNEVEN))
    desk.has_extract(HEADER + lines("north", [*UNEVEN[:9], "999"]))
    assert desk.causes() == {("Spend", "definition"): 1}
