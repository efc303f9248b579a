"""What clients may say: types, arguments and unions, one module a noun.

A field takes its arguments apart, calls one function of `resolvers` and hands back what it
returns. Nothing here opens a transaction or decides a rule.
"""
