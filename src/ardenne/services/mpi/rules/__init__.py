"""Whether two identities are one person: keys that bring them together, comparison, weights, decision.

Pure functions over ``Traits``; no database, no web.
"""
