// Places one order, follows it to its end or for some seconds, and cancels what is left of it.
//
//     node order.mjs paradex BTC buy 0.01 -0.5 [options of perpwire serve, such as --sim]
//
// The last number is the price, in percent from the best one; negative rests, positive crosses.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const [venue, asset, side, size, percent, ...options] = process.argv.slice(2)
if (percent === undefined) {
  console.error('node order.mjs VENUE ASSET buy|sell SIZE PERCENT [options of perpwire serve]')
  process.exit(64)
}

// What we have placed is cancelled when we end, whatever ends us.
const gateway = spawn(process.env.PERPWIRE ?? 'perpwire',
  ['serve', '--stdio', '--venues', venue, ...options], { stdio: ['pipe', 'pipe', 'inherit'] })
const say = (method, params = {}) =>
  gateway.stdin.write(JSON.stringify({ id: method, method, params }) + '\n')
const reader = createInterface({ input: gateway.stdout })[Symbol.asyncIterator]()

// The next line that is wanted; a refusal ends us.
async function until(wanted) {
  for (;;) {
    const { value: text, done } = await reader.next()
    if (done) throw new Error('the gateway has ended')
    const line = JSON.parse(text)
    if (line.error) throw new Error(`${line.error.data.reason}: ${line.error.message}`)
    if (line.type === 'order' || line.type === 'fill') console.log(text)
    if (wanted(line)) return line
  }
}

// On the grid, in whole ticks: decimals as big integers, never as binary numbers.
function price(quote, tick) {
  const places = Math.max(...[quote.bid, quote.ask, tick].map(t => (t.split('.')[1] ?? '').length))
  const units = text => {
    const [whole, part = ''] = text.split('.')
    return BigInt(whole + part.padEnd(places, '0'))
  }
  const best = units(side === 'buy' ? quote.ask : quote.bid)
  const away = best * BigInt(Math.round(Number(percent) * 100)) / 10000n
  const raw = side === 'buy' ? best + away : best - away
  const digits = String(raw / units(tick) * units(tick)).padStart(places + 1, '0')
  return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits
}

say('subscribe', { venues: [venue], channels: ['bbo'], symbols: [asset] })
const quote = await until(line => line.type === 'bbo')
say('markets', { venues: [venue], symbols: [asset] })
const market = await until(line => line.type === 'market')
for (;;) {
  say('status')
  const { result } = await until(line => line.id === 'status')
  if (result.accounts?.some(account => account.state === 'live')) break
  await new Promise(resolve => setTimeout(resolve, 100))
}
// The same name never orders twice, also after a crash: choose it once for what you mean.
const name = `example-${process.hrtime.bigint()}`
say('order.place', {
  venue, symbol: asset, client_id: name, side, size, order_type: 'limit',
  price: price(quote, market.tick_size), ttl_ms: 2000,
})
const final = ['filled', 'cancelled', 'rejected', 'expired']
const order = await until(line =>
  line.type === 'order' && line.client_id === name && final.includes(line.status))
gateway.stdin.end()
gateway.on('exit', () => process.exit(order.status === 'rejected' ? 1 : 0))
