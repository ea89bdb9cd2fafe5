"""SOAP 1.2 doors: who asks (IHE XUA), which transaction, faults. Services say what each transaction does."""
