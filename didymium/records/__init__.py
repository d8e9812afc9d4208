"""The transactional store: journals, states, people and their acts, versions of definitions, notifications.

``store.Records`` opens it. Nothing is imported here: reading an address or catching an error needs no database.
"""
