"""A module in plain Python: a bot that buys low and sells high on a made-up price.

Run it by hand (`python3 bot.py`) or under the daemon, as the README beside it says.
"""

import random
from decimal import Decimal

import superbot_module
from superbot_module import log


class Bot:
    def __init__(self, limit: Decimal) -> None:
        self.limit = limit
        self.price = Decimal("100.00")
        self.quantity = 0
        self.cash = Decimal("1000.00")

    def step(self) -> None:
        self.price += Decimal(random.randint(-100, 100)) / 100
        if self.price < 99 and self.cash >= self.price:
            self.trade(1)
        elif self.price > 101 and self.quantity > 0:
            self.trade(-1)

    def trade(self, quantity: int) -> None:
        self.quantity += quantity
        self.cash -= quantity * self.price
        log("traded", quantity=quantity, price=str(self.price), cash=str(self.cash))

    @property
    def equity(self) -> Decimal:
        return self.cash + self.quantity * self.price

    def balance(self, _params: object) -> dict:
        return {"cash": str(self.cash), "quantity": self.quantity, "equity": str(self.equity)}


def main() -> None:
    bot = Bot(Decimal("900.00"))
    with superbot_module.connect(methods={"bot.balance": bot.balance}) as module:
        pause_s = float(module.params.get("pause_s", 1.0))
        log("trading", params=module.params)
        module.ready()
        while not module.wait(pause_s):
            bot.step()
            if bot.equity < bot.limit:
                module.halt(f"equity {bot.equity} is below {bot.limit}")
                module.wait()
        log("stopped", equity=str(bot.equity))


if __name__ == "__main__":
    main()
