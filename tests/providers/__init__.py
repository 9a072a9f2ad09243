"""Small servers that speak the protocols of Deepgram, OpenAI and Cartesia, with faults on demand.

async with Deepgram(["What time do you close?"]) as deepgram:
    deepgram.fault = Fault.HANG
"""
