"""Writes intraday_bars.csv: invented bars of five minutes with quotes, of three instruments, six sessions of New York from the Thursday before clocks go forward.

Usage: make_intraday_bars.py > intraday_bars.csv
"""

import random
import sys

DAYS = ("2024-03-07", "2024-03-08", "2024-03-11", "2024-03-12", "2024-03-13", "2024-03-14")
START = {"AAA": 100.0, "BBB": 40.0, "CCC": 250.0}


def main():
    numbers = random.Random(63)
    last = dict(START)
    out = sys.stdout
    out.write("time,symbol,open,high,low,close,volume,bid_open,ask_open,bid_close,ask_close\n")
    for day in DAYS:
        drift = {name: numbers.gauss(0, 0.00012) for name in START}
        for bar in range(1, 79):
            minute = 9 * 60 + 30 + 5 * bar
            for name in START:
                first = round(last[name] * (1 + numbers.gauss(0, 0.0002)), 2)
                close = round(first * (1 + numbers.gauss(drift[name], 0.0012)), 2)
                high = round(max(first, close) * (1 + abs(numbers.gauss(0, 0.0004))), 2)
                low = round(min(first, close) * (1 - abs(numbers.gauss(0, 0.0004))), 2)
                volume = 100 * numbers.randint(5, 400)
                half = 0.01 if last[name] < 200 else 0.03
                quotes = [f"{price:.2f}" for price in (first - half, first + half, close - half, close + half)]
                out.write(f"{day} {minute // 60:02d}:{minute % 60:02d},{name},{first:.2f},{high:.2f},{low:.2f},{close:.2f},{volume},{','.join(quotes)}\n")
                last[name] = close


if __name__ == "__main__":
    main()
