"""The matrix of valid and tolerated mail: part type, transfer encoding, form of the header, nesting.

`mails` makes it, `judged` shows each mail to the independent readers and to the shipped chain.
`python -m tests.generated.leaves --count 10000` prints how many carry a test virus past the scanner.
"""
