// Drives the unmodified @segment/analytics-node: every call type, then flush at close.
// Usage: node calls.mjs URL WRITE_KEY FLUSH_AT. Prints one JSON line: what the SDK said of each event.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, flushAt] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: Number(flushAt), flushInterval: 200 })
const report = { messageIds: {}, errors: [], statuses: [], batches: [] }

analytics.on('error', (error) => report.errors.push(String(error.reason)))
analytics.on('http_response', ({ status, body }) => {
  report.statuses.push(status)
  report.batches.push(JSON.parse(body).batch.length)
})
for (const type of ['track', 'identify', 'page', 'screen', 'group', 'alias']) {
  analytics.on(type, (context) => {
    report.messageIds[type] = context.event.messageId
  })
}

const anonymousId = 'node-anonymous'
const userId = 'node-user'
const context = { ip: '203.0.113.7', page: { url: 'https://shop.example/?utm_source=news' } }
analytics.page({
  anonymousId, category: 'Docs', name: 'Start', properties: { url: 'https://shop.example/' },
  context,
})
analytics.identify({ userId, anonymousId, traits: { email: 'Node@Example.com', plan: 'pro' } })
analytics.track({
  userId, event: 'Order Completed', timestamp: new Date(Date.now() - 60_000),
  properties: { order_id: '7', revenue: 99.95, products: [{ sku: 'ä-1', quantity: 2 }] },
  integrations: { All: true },
})
analytics.screen({ userId, name: 'Cart', properties: { items: 2 } })
analytics.group({ userId, groupId: 'node-company', traits: { name: 'Company', employees: 12 } })
analytics.alias({ previousId: 'node-old-user', userId })

await analytics.closeAndFlush({ timeout: 60_000 })
console.log(JSON.stringify(report))
