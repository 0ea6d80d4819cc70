"""The record of an infusion as a page, a table and a PDF: content, head, setting."""
