"""The filter `external`: marks mail from outside with facts about its sender, and removes the mark from replies.

`filter` asks and remembers, `correspondence` recognises automatic mail, `banner` writes the banner and `removal` finds
it again.
"""
