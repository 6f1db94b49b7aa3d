"""The REST side: quotation and exchange endpoints, parameters, errors, rate groups."""
