"""A record is opened when somebody joins the health insurance: person, account, letter with the code and the right to object."""
