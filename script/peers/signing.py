"""How long the venues' official signers take for one order, from its numbers to its signature.

    signing.py stark|lighter|ethereum [ORDERS]

Prints one line: p50 and p99 in microseconds. The keys are made up.
"""

import sys
import time


def stark():
    """Paradex: 13 Pedersen hashes, as its typed data has, and the signature."""
    import fast_stark_crypto as stark
    key = 0x123456789abcdef0fedcba9876543210

    def sign(number):
        value = number
        for other in range(13):
            value = stark.pedersen_hash(value, other)
        return stark.sign(key, value)
    return sign


def lighter():
    """Lighter's own signer, a library of Go, called as its Python SDK calls it."""
    import asyncio
    from lighter import SignerClient
    key = "706572707769726573696d756c617465646c69676874657200112233445566778899aabbccddee00"

    async def make():
        return SignerClient(
            url="http://127.0.0.1:1", account_index=516, api_private_keys={4: key})
    client = asyncio.run(make())

    def sign(number):
        return client.sign_create_order(
            market_index=1, client_order_index=number + 1, base_amount=1_000,
            price=500_000 + number % 1_000, is_ask=False,
            order_type=client.ORDER_TYPE_LIMIT,
            time_in_force=client.ORDER_TIME_IN_FORCE_POST_ONLY, nonce=number, api_key_index=4)
    return sign


def ethereum():
    """GRVT and edgeX: typed data by eth-account, which signs with coincurve."""
    from eth_account import Account
    from eth_account.messages import encode_typed_data
    account = Account.from_key("0x" + "42" * 32)
    domain = {"name": "GRVT Exchange", "version": "0", "chainId": 326}
    types = {
        "Order": [
            {"name": "subAccountID", "type": "uint64"}, {"name": "isMarket", "type": "bool"},
            {"name": "timeInForce", "type": "uint8"}, {"name": "postOnly", "type": "bool"},
            {"name": "reduceOnly", "type": "bool"}, {"name": "legs", "type": "OrderLeg[]"},
            {"name": "nonce", "type": "uint32"}, {"name": "expiration", "type": "int64"}],
        "OrderLeg": [
            {"name": "assetID", "type": "uint256"}, {"name": "contractSize", "type": "uint64"},
            {"name": "limitPrice", "type": "uint64"},
            {"name": "isBuyingContract", "type": "bool"}]}

    def sign(number):
        order = {
            "subAccountID": 1, "isMarket": False, "timeInForce": 1, "postOnly": True,
            "reduceOnly": False, "nonce": number, "expiration": 1_795_000_000_000_000_000,
            "legs": [{"assetID": 7, "contractSize": 10_000_000,
                      "limitPrice": 60_000_000_000_000 + number, "isBuyingContract": True}]}
        return account.sign_message(encode_typed_data(domain, types, order))
    return sign


def main():
    name = sys.argv[1]
    orders = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    sign = {"stark": stark, "lighter": lighter, "ethereum": ethereum}[name]()
    times = []
    for number in range(orders):
        begin = time.perf_counter_ns()
        sign(number)
        times.append(time.perf_counter_ns() - begin)
    times.sort()
    p50, p99 = times[len(times) // 2] / 1000, times[len(times) * 99 // 100] / 1000
    print(f"{name}: p50 {p50:.1f} us, p99 {p99:.1f} us")


if __name__ == "__main__":
    main()
