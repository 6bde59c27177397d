"""The control socket as both of its sides know it: client, refusals, and the words that questions and answers have.

It loads nothing else of the gateway, so that a command that only asks starts quickly. The server is
`gateway.operations.control`.
"""
