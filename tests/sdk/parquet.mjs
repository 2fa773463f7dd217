// Reads each Parquet file in a folder with hyparquet and prints its rows as JSON, values as texts.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'

const folder = process.argv[2]
const person = process.argv[3]
const compressors = { GZIP: input => gunzipSync(input) }
// A Date is too small for every instant that a file can hold.
const parsers = {
  timestampFromMilliseconds: value => value,
  timestampFromMicroseconds: value => value / 1000n,
}

function bits(value) {
  if (Number.isNaN(value)) return 'NaN'
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

function plain(value) {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return bits(value)
  return value
}

const tables = {}
for (const name of readdirSync(folder).sort()) {
  const file = await asyncBufferFromFile(join(folder, name))
  const filter = person && { person: { $eq: person } }
  const options = { file, compressors, parsers, useOffsetIndex: true, usePageIndex: true, filter }
  const rows = await parquetReadObjects(options)
  tables[name] = rows.map(row => Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, plain(value)])
  ))
}
console.log(JSON.stringify(tables))
