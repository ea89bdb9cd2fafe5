-- The certificate that an application shows over mutual TLS (RFC 8705): its thumbprint, or its subject when an
-- authority renews it under the same name.
alter table oauth_client add column certificate text not null default '';
alter table oauth_client add column certificate_subject text not null default '';
create unique index oauth_client_certificate on oauth_client (certificate) where certificate <> '';
create unique index oauth_client_subject on oauth_client (certificate_subject) where certificate_subject <> '';
