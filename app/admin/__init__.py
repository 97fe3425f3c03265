"""Pages for editors and administrators; they call accounts, library and study."""
