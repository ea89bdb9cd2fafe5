"""Words of the campaigns' pages: English texts that the catalogues translate."""

from __future__ import annotations

STATES = {"drawing": "persons are being chosen", "open": "open", "closed": "closed"}
ARMS = {"invited": "invited", "control": "control group"}
GENDERS = {"": "Everybody", "female": "Women", "male": "Men"}
PROBLEMS = {
    "group": "Choose what the vaccination protects against.",
    "states": "Choose whether overdue or due persons are meant.",
    "born": "Enter the first and last birth date, the last one not in the future.",
    "name": "Give the campaign a name.",
    "reason": "Say why these records are looked into: it stands in the journal of everybody.",
    "share": "The control group is between 0 and 50 per cent.",
    "weeks": "A vaccination counts for 1 to 104 weeks.",
    "nobody": "Nobody needs a letter now.",
    "closed": "The campaign is closed.",
    "form": "The form was not complete. Nothing was changed: try again.",
}
LABELS = (*STATES.values(), *ARMS.values(), *GENDERS.values(), *PROBLEMS.values())
