"""The rules of vaccination as pure functions.

The engine executes the CDC's "Logic Specification for ACIP Recommendations", version 4.5 (CDSi), over supporting
data of the published shape: it knows no vaccine, no disease and no country. Chapters and rule numbers of the
specification are cited beside the code. Days are proleptic ordinals (``date.toordinal``): comparing and adding
whole numbers is what makes a batch fast.
"""
