"""The passes that bring a document into its normal form: functions of documents, one concern a module."""
