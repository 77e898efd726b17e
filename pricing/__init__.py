"""What things cost: facts (`facts`, with their source and date in data/), an estimate of a plan (`estimate`), the difference of two
and what a machine costs where (`machines`). Knows plans and neither project files nor clouds. US dollars everywhere, without taxes.
"""
