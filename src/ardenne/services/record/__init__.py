"""The shared care record (DSP): documents and structured data of a person across all providers."""
