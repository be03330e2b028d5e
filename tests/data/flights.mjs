// SPDX-License-Identifier: Apache-2.0
// Makes classification tasks of three million flights of the first half of 2001 (US Bureau of Transportation
// Statistics, in the npm package vega-datasets). Whole days are test days, so that rows of one day do not leak.
//
// usage: node flights.mjs MODULES FOLDER dense|hashed EVERY
//
// MODULES is the node_modules folder that holds vega-datasets, hyparquet and hyparquet-compressors. Of the flights, in
// order of time, every EVERY-th one is taken (1: all).
//
// dense: whether a flight was late at all, from 28 numbers that are known before it: FOLDER/{train,test}.npy and
//        {train,test}_labels.npy.
// hashed: whether it was late by 15 minutes, from 16 values and pairs of values, each hashed to one of 2^20 columns and
//        worth 1/4, so that rows have length 1: FOLDER/{train,test}.libsvm.

import fs from 'node:fs';
import {createRequire} from 'node:module';

const [modules, folder, form, every] = process.argv.slice(2);
if (!['dense', 'hashed'].includes(form) || !(Number(every) >= 1)) {
  console.error('usage: node flights.mjs MODULES FOLDER dense|hashed EVERY');
  process.exit(2);
}
const require = createRequire(fs.realpathSync(modules) + '/');
const {parquetRead} = await import(require.resolve('hyparquet'));
const {compressors} = await import(require.resolve('hyparquet-compressors'));

const DAY = 86400000;
const FIRST_DAY = Date.UTC(2001, 0, 1) / DAY;
const COLUMNS = 28;
const HASHED = 16;

// For each column of the file one array.
async function readFlights() {
  const bytes = fs.readFileSync(`${modules}/vega-datasets/data/flights-3m.parquet`);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const flights = {date: [], delay: [], distance: [], origin: [], destination: []};
  await parquetRead({file, compressors, onChunk: ({columnName, columnData}) => {
    for (const value of columnData) flights[columnName].push(typeof value === 'bigint' ? Number(value) : value);
  }});
  return flights;
}

// code -> {latitude, longitude, flights}
function readAirports(flights) {
  const airports = new Map();
  for (const line of fs.readFileSync(`${modules}/vega-datasets/data/airports.csv`, 'utf8').split('\n').slice(1)) {
    const fields = line.trim().split(',');  // a name may hold a comma; code and position are at the ends
    const [latitude, longitude] = fields.slice(-2).map(Number);
    airports.set(fields[0], {latitude, longitude, flights: 0});
  }
  for (const code of flights.origin) airports.get(code).flights += 1;
  for (const code of flights.destination) airports.get(code).flights += 1;
  return airports;
}

const isTest = day => (Math.imul(day, 2654435761) >>> 0) % 5 === 0;

function timeOf(date) {
  const minutes = date.getTime() / 60000;
  const day = Math.floor(minutes / 1440);
  const minute = minutes - day * 1440;
  return {day, minute, hour: Math.floor(minute / 60), weekday: date.getUTCDay(), month: date.getUTCMonth()};
}

function denseRow(row, time, distance, from, to) {
  const flag = condition => (condition ? 1 : 0);
  const radians = Math.PI / 180;
  const [a, b] = [from.latitude * radians, to.latitude * radians];
  const turn = (to.longitude - from.longitude) * radians;
  const bearing = Math.atan2(Math.sin(turn) * Math.cos(b),
                             Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(turn));
  const cycles = [1, 2, 3].map(n => 2 * Math.PI * n * time.minute / 1440);
  const season = 2 * Math.PI * (time.day - FIRST_DAY) / 181;
  row.set([
    Math.log1p(distance), from.latitude, from.longitude, to.latitude, to.longitude,
    ...cycles.flatMap(angle => [Math.sin(angle), Math.cos(angle)]),
    ...[1, 2, 3, 4, 5, 6].map(weekday => flag(time.weekday === weekday)),
    Math.sin(season), Math.cos(season), Math.log(from.flights), Math.log(to.flights),
    to.latitude - from.latitude, to.longitude - from.longitude, Math.sin(bearing),
    flag(time.hour < 6 || time.hour >= 22), flag(time.hour >= 17 && time.hour <= 21),
    flag(from.longitude < -100), flag(to.longitude < -100),
  ]);
}

// FNV-1a of the text, to 2^20.
function hash(text) {
  let h = 0x811C9DC5;
  for (let i = 0; i < text.length; ++i) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 20)) & 0xFFFFF;
}

function hashedRow(time, distance, origin, destination) {
  const {hour, weekday, month} = time;
  const route = `${origin}-${destination}`;
  const values = [
    hour, weekday, month, origin, destination, route, `${origin} ${hour}`, `${destination} ${hour}`,
    Math.floor(distance / 100), `${weekday} ${hour}`, `${origin} ${weekday}`, `${destination} ${weekday}`,
    `${route} ${hour}`, `${origin} ${month}`, `${destination} ${month}`, time.minute,
  ];
  const columns = [...new Set(values.map((value, field) => 1 + hash(`${field}=${value}`)))].sort((a, b) => a - b);
  return columns.map(column => `${column}:${1 / Math.sqrt(HASHED)}`).join(' ');
}

// A NumPy file of float32; shape is [rows] or [rows, columns].
function writeArray(path, values, shape) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const header = text.padEnd(64 * Math.ceil((text.length + 11) / 64) - 11) + '\n';
  const start = Buffer.from('\x93NUMPY\x01\x00\0\0', 'latin1');
  start.writeUInt16LE(header.length, 8);
  fs.writeFileSync(path, Buffer.concat([start, Buffer.from(header, 'latin1'), Buffer.from(values.buffer)]));
}

function writeDense(split, rows, flights, airports) {
  const values = new Float32Array(rows.length * COLUMNS);
  const labels = new Float32Array(rows.length);
  rows.forEach((i, row) => {
    denseRow(values.subarray(row * COLUMNS, (row + 1) * COLUMNS), timeOf(flights.date[i]), flights.distance[i],
             airports.get(flights.origin[i]), airports.get(flights.destination[i]));
    labels[row] = flights.delay[i] > 0 ? 1 : 0;
  });
  writeArray(`${folder}/${split}.npy`, values, [rows.length, COLUMNS]);
  writeArray(`${folder}/${split}_labels.npy`, labels, [rows.length]);
}

function writeHashed(split, rows, flights) {
  const file = fs.openSync(`${folder}/${split}.libsvm`, 'w');
  for (let first = 0; first < rows.length; first += 10000) {
    const lines = rows.slice(first, first + 10000).map(i =>
      `${flights.delay[i] >= 15 ? 1 : 0} ` +
      `${hashedRow(timeOf(flights.date[i]), flights.distance[i], flights.origin[i], flights.destination[i])}\n`);
    fs.writeSync(file, lines.join(''));
  }
  fs.closeSync(file);
}

const flights = await readFlights();
const airports = readAirports(flights);
const splits = {train: [], test: []};
for (let i = 0; i < flights.date.length; i += Number(every)) {
  splits[isTest(timeOf(flights.date[i]).day) ? 'test' : 'train'].push(i);
}
fs.mkdirSync(folder, {recursive: true});
for (const [split, rows] of Object.entries(splits)) {
  (form === 'dense' ? writeDense : writeHashed)(split, rows, flights, airports);
}
console.log(`${splits.train.length} + ${splits.test.length} of ${flights.date.length} flights`);
