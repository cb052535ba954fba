"""Find names that a spreadsheet changed to dates or to rounded numbers, by the names beside them."""

import re
from collections.abc import Iterable

# What spreadsheets make of ranges such as 10-14 and 5-9: Oct-14 and 05-Sep, or 9-May.
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
RANGE, DATE = re.compile(r"\d+\s*[-/]\s*\d+"), re.compile(rf"(?:{MONTHS})-\d\d|\d{{1,2}}-(?:{MONTHS})", re.IGNORECASE)
# Names of genes of which spreadsheets make dates, SEPT2 and MARCH1, and those of others, such as TP53.
MONTH_GENE = re.compile(rf"(?:{MONTHS}|sept|marc|march|marchf|septin)\d+", re.IGNORECASE)
GENE = re.compile(r"[A-Z]{2}[A-Z0-9]*\d[A-Z0-9]*")
# What they make of large numbers and of codes such as 1E5, and such numbers and codes.
ROUNDED, CODE = re.compile(r"\d(?:\.\d+)?E[-+]\d{2,}"), re.compile(r"(?=.*\d)[0-9A-Za-z]+")


def spreadsheet_changes(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the names that look changed, by what they may be, for a sentence such as `... may be ranges that ...`."""
    listed = list(dict.fromkeys(names))
    found = {
        "ranges that a spreadsheet converted to dates": _dates_of_ranges(listed),
        "names such as SEPT2 that a spreadsheet converted to dates": _dates_of_genes(listed),
        "numbers or codes such as 1E5 that a spreadsheet rounded, by which some may have become equal": _rounded(
            listed
        ),
    }
    return {change: changed for change, changed in found.items() if changed}


def _dates_of_ranges(names: list[str]) -> list[str]:
    return list(filter(DATE.fullmatch, names)) if any(map(RANGE.fullmatch, names)) else []


def _dates_of_genes(names: list[str]) -> list[str]:
    """Return the dates among more names of genes, or among names of genes that are like months."""
    dates = list(filter(DATE.fullmatch, names))
    are_genes = len(list(filter(GENE.fullmatch, names))) > len(dates)
    return dates if are_genes or any(map(MONTH_GENE.fullmatch, names)) else []


def _rounded(names: list[str]) -> list[str]:
    """Return the rounded numbers among whole numbers or codes."""
    return list(filter(ROUNDED.fullmatch, names)) if any(map(CODE.fullmatch, names)) else []
