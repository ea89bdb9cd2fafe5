"""Expressions and results as the FHIRPath specification gives them beside each rule.

Source: http://hl7.org/fhirpath, the examples of the chapters that the tests are named after.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ardenne.standards.fhir.path import compile

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "example",
    "active": True,
    "gender": "male",
    "birthDate": "1974-12-25",
    "_birthDate": {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                "valueDateTime": "1974-12-25T14:35:45-05:00",
            }
        ]
    },
    "name": [
        {"use": "official", "family": "Chalmers", "given": ["Peter", "James"]},
        {"use": "usual", "given": ["Jim"]},
    ],
}


def results(expression: str) -> list[Any]:
    return compile(expression)(PATIENT)


EXISTENCE = [
    ("Patient.link.empty()", [True]),
    ("Patient.name.exists(use = 'usual')", [True]),
    ("{}.exists()", [False]),
    ("{}.all($this > 1)", [True]),
    ("Patient.name.all(given.exists())", [True]),
    ("Patient.name.all(family.exists())", [False]),
    ("(true | false).allTrue()", [False]),
    ("(true | false).anyTrue()", [True]),
    ("{}.allFalse()", [True]),
    ("{}.anyFalse()", [False]),
    ("(1 | 2).subsetOf(1 | 2 | 3)", [True]),
    ("(1 | 2 | 3).supersetOf(1 | 4)", [False]),
    ("1.combine(2).combine(3).combine(2).isDistinct()", [False]),
    ("1 'm'.combine(100 'cm').isDistinct()", [False]),
    ("1.combine(1).combine(2).distinct()", [1, 2]),
]
FILTERING = [
    ("Patient.name.where(use = 'official').family", ["Chalmers"]),
    ("(1 | 2 | 3 | 4 | 5).where($this > 3)", [4, 5]),
    ("('a' | 'b' | 'c').where($index mod 2 = 0)", ["a", "c"]),
    ("Patient.name.select(given.first())", ["Peter", "Jim"]),
    ("(3 | 1 | 2).sort()", [1, 2, 3]),
    ("(3 | 1 | 2).sort($this desc)", [3, 2, 1]),
    ("('3' | '1' | '10').sort()", ["1", "10", "3"]),
    ("Patient.name.sort(family).use", ["usual", "official"]),
    ("Patient.name.sort(family desc).use", ["official", "usual"]),
    ("Patient.name.ofType(HumanName).count()", [2]),
    ("coalesce({}, Patient.name.family, 'none')", ["Chalmers"]),
]
SUBSETTING = [
    ("(0 | 1 | 2).tail()", [1, 2]),
    ("(0 | 1 | 2).skip(2)", [2]),
    ("(0 | 1 | 2).skip(0)", [0, 1, 2]),
    ("(0 | 1 | 2).take(5)", [0, 1, 2]),
    ("(1 | 2 | 3).intersect(2 | 4)", [2]),
    ("(1 | 2 | 3).exclude(2)", [1, 3]),
    ("Patient.name[1].given", ["Jim"]),
    ("Patient.name[7]", []),
]
CONVERSION = [
    ("'Y'.toBoolean()", [True]),
    ("2.toBoolean()", []),
    ("'1.0'.convertsToInteger()", [False]),
    ("42.toLong()", [42]),
    ("@2024-01-15T23:30:00-05:00.toDate()", ["2024-01-15"]),
    ("'150124'.toDate('ddMMyy')", ["2024-01-15"]),
    ("'15-01-2024'.toDate('dd-MM-yyyy')", ["2024-01-15"]),
    ("'12-27'.toDate('MM-yy')", ["2027-12"]),
    ("'2012-01-01T10:00'.toDateTime()", ["2012-01-01T10:00"]),
    ("'10:00'.toTime()", ["10:00"]),
    ("52 'cm'.toQuantity('m').value", []),
    ("52 'cm'.toQuantity('m') = 0.52 'm'", [True]),
    ("45.toQuantity('m') = 45 'm'", [True]),
    ("24 'm'.toQuantity('kg')", []),
    ("1 'a'.toQuantity('d') = 365.25 'd'", [True]),
    ("7 days.toQuantity('wk') = 1 'wk'", [True]),
    ("182.5 days.toQuantity('a') = 0.5 'a'", [True]),
    ("10 'Cel'.convertsToQuantity('degF')", [False]),
    ("(53 'km').toString()", ["53 'km'"]),
    ("(4 days).toString()", ["4 days"]),
    ("@T11:45.toString()", ["11:45"]),
    ("Patient.name.first().convertsToString()", [False]),
    ("{}.convertsToString()", []),
    ("iif(0, 'true', 'false')", ["true"]),
    ("{}.select(iif(true, 'a', 'b'))", []),
    ("Patient.birthDate.iif(true, $this)", ["1974-12-25"]),
]
STRINGS = [
    ("'abcdefg'.indexOf('x')", [-1]),
    (r"'a\uD83D\uDD25b'.indexOf('b')", [2]),
    ("'abc abc'.lastIndexOf('a')", [4]),
    ("'0123'.lastIndexOf('')", [4]),
    ("'abcdefg'.substring(1, 2)", ["bc"]),
    ("'abcdefg'.substring(7, 1)", []),
    ("'abcdefg'.substring(3, -1)", [""]),
    ("'abc'.replace('', 'x')", ["xaxbxcx"]),
    ("'N8000123123'.matches('^N[0-9]{8}$')", [False]),
    (r"'first line\nsecond line'.matches('^SECOND', 'im')", [True]),
    (r"'first line\nsecond line'.matches('^second', '')", [False]),
    ("'N8000123123'.matchesFull('N[0-9]{10}')", [True]),
    (
        r"'11/30/1972'.replaceMatches('\\b(?<month>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{2,4})\\b', "
        "'${day}-${month}-${year}')",
        ["30-11-1972"],
    ),
    (r"'\u0065\u0301'.length()", [2]),
    ("'test'.encode('base64')", ["dGVzdA=="]),
    ("'74657374'.decode('hex')", ["test"]),
    ("'A&B'.escape('html')", ["A&amp;B"]),
    ("'&quot;1&lt;2&quot;'.unescape('html')", ['"1<2"']),
    ("'A,,C'.split(',')", ["A", "", "C"]),
    ("('A' | 'B' | 'C').join(',')", ["A,B,C"]),
    ("'ABC' & {} & 'DEF'", ["ABCDEF"]),
    ("'ABC' + {} + 'DEF'", []),
]
MATH = [
    ("(-5.5 'mg').abs() = 5.5 'mg'", [True]),
    ("(-1.1).ceiling()", [-1]),
    ("(-2.1).floor()", [-3]),
    ("16.log(2) = 4.0", [True]),
    ("2.power(-1)", [Decimal("0.5")]),
    ("(-1).power(0.5)", []),
    ("(-0.5).round() = -1", [True]),
    ("(-1).sqrt()", []),
    ("(-1.56).truncate()", [-1]),
    ("5.5 div 0.7", [Decimal(7)]),
    ("5.5 mod 0.7 = 0.6", [True]),
    ("0 / 0", []),
    ("12 'cm' * 3 'cm' = 36 'cm2'", [True]),
    ("10 'm/s' * 10 's' = 100 'm'", [True]),
    ("3 * 2 'cm' = 6 'cm'", [True]),
    ("12 'cm2' / 3 'cm' = 4.0 'cm'", [True]),
    ("3 'm' + 3 'cm' = 3.03 'm'", [True]),
    ("3 'cm' - 3 'm' = -297 'cm'", [True]),
    ("2 minutes + 60 seconds = 3 minutes", [True]),
    ("1 year + 12 months", []),
    ("12 day * 45 'm'", []),
    ("2147483647 + 1", []),
]
EQUALITY = [
    ("(1 | 2 | 3) = (3 | 2 | 1)", [False]),
    ("(1 | 2 | 3) ~ (3 | 2 | 1)", [True]),
    ("23 = 23 '1'", [True]),
    ("1 'cm' = 1 's'", []),
    ("1 year = 1 'a'", []),
    ("1 year = 12 months", [True]),
    ("1 year.toQuantity('a') = 1 'a'", [True]),
    ("1 week = 7 'd'", [True]),
    ("@2012-01 = @2012", []),
    ("@2012-01 ~ @2012", [False]),
    ("@2012-01-01T10:30:31.1 = @2012-01-01T10:30:31", [False]),
    ("@2017-11-05T01:30:00.0-04:00 = @2017-11-05T00:30:00.0-05:00", [True]),
    ("1.2 / 1.8 ~ 0.67", [True]),
    ("2.1 'cm' ~ 21 'mm'", [True]),
    ("4 'g' ~ 4040 'mg'", [True]),
    ("1 year ~ 1 'a'", [True]),
    (r"'a b' ~ 'A\tB'", [True]),
    ("{} ~ {}", [True]),
    ("6 months > 1 year", [False]),
    ("1 year > 1 'a'", []),
    ("@2018-03 > @2018-03-01", []),
    ("4 'm' > 4 'cm'", [True]),
    ("@2018-01-01T16:00:00+12:00 < @2018-01-01T15:00:00.0+10:00", [True]),
    ("1.comparable(2)", [True]),
    ("1 year.comparable(1 'a')", [False]),
]
DATES = [
    ("@1973-12-25 + 7.9 days", ["1974-01-01"]),
    ("@2026-01-31 + 1 month", ["2026-02-28"]),
    ("@1973-12-25T00:00:00.000+10:00 + 42.53 seconds", ["1973-12-25T00:00:42.530+10:00"]),
    ("@T23:30:00 + 1 hour", ["00:30:00"]),
    ("@T01:00:00 + 48 hours", ["01:00:00"]),
    ("@2012-01-01T10:00+00:00 + 1 hour", ["2012-01-01T11:00+00:00"]),
    ("@2014 + 23 months", ["2015"]),
    ("@2016 + 365 days", ["2017"]),
    ("@2026-02 + 5 weeks", ["2026-03"]),
    ("@2026-02 + 4 weeks", ["2026-02"]),
    ("@2014 - 1 month", ["2014"]),
    ("@T00:30:00 - 1 hour", ["23:30:00"]),
    ("@2014-01-01T08.lowBoundary(17)", ["2014-01-01T08:00:00.000+14:00"]),
    ("@2014-01-01T08.highBoundary(17)", ["2014-01-01T08:59:59.999-12:00"]),
    ("@2014.highBoundary(6)", ["2014-12"]),
    ("@T10:30.highBoundary(9)", ["10:30:59.999"]),
    ("(-1.587).highBoundary(2)", [Decimal("-1.58")]),
    ("1.587.highBoundary(6)", [Decimal("1.587500")]),
    ("@2014-01-05T10:30:00.000.precision()", [17]),
    ("1.58700.precision()", [5]),
    ("@2012-01-01T03:30:40.002-07:00.hourOf()", [3]),
    ("@2012.monthOf()", []),
    ("@2012-01-01T12:30:00.000+08:45.timezoneOffsetOf()", [Decimal("8.75")]),
    ("@2025-01-02.duration(@2025-01-07, 'week')", [0]),
    ("@2024-12-01.duration(@2025-09-01, 'year')", [0]),
    ("@2025-01-02.difference(@2025-01-07, 'week')", [1]),
    ("@2024-12-01.difference(@2025-09-01, 'year')", [1]),
    ("now() = now()", [True]),
]
AGGREGATES = [
    ("(1 | 2 | 3 | 4).aggregate($this + $total, 0)", [10]),
    ("(1.0 | 2.0 | 3.0).sum() = 6.0", [True]),
    ("(2 | 4 | 8 | 6).min()", [2]),
    ("(@2012-12-31 | @2013-01-01).max()", ["2013-01-01"]),
    ("(5.5 | 4.7 | 4.8).avg() = 5.0", [True]),
]
FHIR = [
    ("Patient.gender is code", [True]),
    ("Patient.gender is string", [True]),
    ("Patient.gender is System.String", [False]),
    ("Patient.name.given.first().type().name", ["string"]),
    ("1.type().namespace", ["System"]),
    ("Patient.birthDate.extension(%`ext-patient-birthTime`).value", ["1974-12-25T14:35:45-05:00"]),
    ("Patient.birthDate.hasValue()", [True]),
    ("%`vs-administrative-gender`", ["http://hl7.org/fhir/ValueSet/administrative-gender"]),
    ("name.select(%resource.id)", ["example", "example"]),
    ("conformsTo('http://hl7.org/fhir/StructureDefinition/Person')", [False]),
    ("Patient.name.first().children().count()", [4]),
    ("defineVariable('n', name.first()).select(%n.family)", ["Chalmers"]),
]
CHAPTERS = [
    *EXISTENCE,
    *FILTERING,
    *SUBSETTING,
    *CONVERSION,
    *STRINGS,
    *MATH,
    *EQUALITY,
    *DATES,
    *AGGREGATES,
    *FHIR,
]


@pytest.mark.parametrize(("expression", "expected"), CHAPTERS, ids=[e for e, _ in CHAPTERS])
def test_example_of_the_specification(expression: str, expected: list[Any]) -> None:
    found = results(expression)
    assert found == expected
    assert [type(value) is bool for value in found] == [type(value) is bool for value in expected]


TRUTH = {"true": True, "false": False, "{}": None}
TABLES = {
    "and": [True, False, None, False, False, False, None, False, None],
    "or": [True, True, True, True, False, None, True, None, None],
    "xor": [False, True, None, True, False, None, None, None, None],
    "implies": [True, False, None, True, True, True, True, None, None],
}


@pytest.mark.parametrize("operator", TABLES)
def test_three_valued_logic_follows_the_tables(operator: str) -> None:
    found = [results(f"{left} {operator} {right}") for left in TRUTH for right in TRUTH]
    assert [row[0] if row else None for row in found] == TABLES[operator]
