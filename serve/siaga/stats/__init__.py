"""Numbers with what they rest on: rates per observed person-hour, intervals, what was not seen."""
