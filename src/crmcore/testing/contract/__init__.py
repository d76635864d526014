"""Contract tests of a store by topic; `suite` combines them."""
