"""The database: models, engines and the rules of writing."""
