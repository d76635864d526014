"""Service: complaints and inquiries, knowledge base, field service."""
