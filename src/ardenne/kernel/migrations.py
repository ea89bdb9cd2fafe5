"""The migration folders of the kernel, in the order in which they run; services add theirs."""

from __future__ import annotations

KERNEL = (
    "ardenne.kernel.store.migrations",
    "ardenne.kernel.exports.migrations",
    "ardenne.kernel.imports.migrations",
    "ardenne.kernel.subscriptions.migrations",
    "ardenne.kernel.terminology.migrations",
    "ardenne.kernel.identity.migrations",
    "ardenne.kernel.audit.migrations",
    "ardenne.kernel.policy.migrations",
    "ardenne.kernel.mllp.migrations",
    "ardenne.kernel.blobs.migrations",
)
