"""The passes that bring a document into the normal form: one concern a module, each a function of documents."""
