"""Telling people what happened: by e-mail through the studio's topic, and in the chat of their choosing.

`notice` is what is told, `happened` finds it, `webhook` knows the chats, `sending` does it, `remembered` holds what was told before.
"""
