"""What comes in from a world is made plain, and the reader's own, before an agent sees it.

reader   resets and steps a world     steps   one Step, or a batch of them     plain   numbers
runs     which run has a world now
"""
