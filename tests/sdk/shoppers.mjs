// People of a shop, sent by the unmodified @segment/analytics-node until standard input closes.
// A line `pause` on it lets nobody new in, a line `go` does again; retries go on meanwhile.
//
// Usage: node shoppers.mjs URL WRITE_KEY SEED. For every answer a line is written, with its status
// and [anonymousId, messageId] of each event of the batch. A batch that is not answered is sent
// again by the SDK itself; whether the server stored it the first time is what the test is about.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, seed] = process.argv.slice(2)
const analytics = new Analytics({
  writeKey, host, flushAt: 20, flushInterval: 50, maxRetries: 1000, httpRequestTimeout: 5000,
})

analytics.on('http_response', ({ status, body }) => {
  const events = JSON.parse(body).batch.map((event) => [event.anonymousId, event.messageId])
  writeSync(1, JSON.stringify({ status, events }) + '\n')
})

// While the server is down the SDK keeps what it could not send; here that is bounded.
let pending = 0
for (const type of ['page', 'track', 'identify']) analytics.on(type, () => { pending -= 1 })
analytics.on('error', (error) => {
  pending -= 1
  writeSync(2, `gave up: ${error.code}: ${error.reason}\n`)
})

let visits = 0
function visit() {
  visits += 1
  pending += 7
  const person = `${seed}-${visits}`
  const phone = `${person}.phone`
  const laptop = `${person}.laptop`
  const userId = `user-${person}`
  const page = { path: '/products/boots', url: 'https://shop.example/products/boots' }
  // Two anonymous devices with a past of their own: each sign-in merges one into the person.
  analytics.page({ anonymousId: phone, name: 'Home', properties: page })
  analytics.track({ anonymousId: phone, event: 'Product Viewed', properties: { sku: 'B-1' } })
  analytics.track({ anonymousId: laptop, event: 'Product Viewed', properties: { sku: 'B-2' } })
  analytics.identify({ anonymousId: phone, userId, traits: { email: `${userId}@shop.example` } })
  analytics.track({ anonymousId: laptop, event: 'Product Added', properties: { sku: 'B-2' } })
  analytics.identify({ anonymousId: laptop, userId, traits: { plan: 'pro', visit: visits } })
  analytics.track({ anonymousId: laptop, userId, event: 'Order Completed', properties: page })
}

let open = true
const timer = setInterval(() => {
  for (let count = 0; count < 2 && open && pending < 2000; count += 1) visit()
}, 20)

const orders = createInterface({ input: process.stdin })
orders.on('line', (line) => { open = line === 'go' })
orders.on('close', async () => {
  clearInterval(timer)
  await analytics.closeAndFlush({ timeout: 120_000 })
  process.exit(0)
})
