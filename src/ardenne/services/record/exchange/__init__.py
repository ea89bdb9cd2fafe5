"""Document sharing: one store of metadata, two faces: IHE XDS.b over SOAP and IHE MHD over FHIR."""
