"""How the outside hears of it: mails leave through the outbox, in the language of who reads them.

Nothing here knows why a mail is sent; `resolvers/` decide that and write what `outbox.entry` makes.
"""
