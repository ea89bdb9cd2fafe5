"""Base pages, components, languages and charts that the services build their pages from."""
