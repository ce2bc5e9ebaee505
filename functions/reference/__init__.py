"""The API's reference: what each HTTP operation takes and answers, declared once and typed by the models that serve.

An operation is found by its function's name; its path, methods and words come from the registered function itself, so that
nothing is said twice. Nothing here is imported before somebody asks for the document, except the problem codes, which cost no
more than a table.
"""
