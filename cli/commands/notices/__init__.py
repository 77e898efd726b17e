"""Tell people what happened, by e-mail and in their chat.

E-mail goes through the studio's topic, on Google Cloud through an alarm; the address of the chat is a secret in the studio's account.
"""
