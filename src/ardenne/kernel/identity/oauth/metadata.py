"""What the authorisation server can: RFC 8414, OpenID Connect Discovery, SMART App Launch 2.2, IHE IUA (ITI-103)."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.identity.oauth.client_authentication import ALGORITHMS
from ardenne.kernel.identity.oauth.tokens import EXCHANGE

Json = dict[str, Any]

_SCOPES = [
    "openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter", "offline_access", "online_access",
    "patient/*.cruds", "user/*.cruds", "system/*.cruds",
]  # fmt: skip
_CAPABILITIES = [
    "launch-ehr", "launch-standalone", "authorize-post", "client-public", "client-confidential-asymmetric",
    "sso-openid-connect", "context-passthrough-banner", "context-ehr-patient", "context-ehr-encounter",
    "context-standalone-patient", "permission-offline", "permission-online", "permission-patient",
    "permission-user", "permission-v1", "permission-v2",
]  # fmt: skip


def authorization_server(issuer: str) -> Json:
    """Return the metadata of RFC 8414; ITI-103 asks for the same."""
    methods = ["private_key_jwt", "none"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "scopes_supported": _SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", EXCHANGE],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "authorization_response_iss_parameter_supported": True,
        "tls_client_certificate_bound_access_tokens": True,
        "access_token_format": "ihe-jwt",
    }


def openid_provider(issuer: str) -> Json:
    """Return the metadata of OpenID Connect Discovery 1.0."""
    return authorization_server(issuer) | {
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "end_session_endpoint": f"{issuer}/oauth/end-session",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "nonce",
            "acr",
            "name",
            "preferred_username",
            "fhirUser",
        ],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def smart(issuer: str) -> Json:
    """Return ``.well-known/smart-configuration`` (SMART App Launch 2.2, Conformance)."""
    return openid_provider(issuer) | {"capabilities": _CAPABILITIES}
