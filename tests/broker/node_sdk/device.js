// A device made with the Node SDK, and the simulator as its hub. Ends with status 0 if all is well.
'use strict';

const assert = require('node:assert');
const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const { once } = require('node:events');
const readline = require('node:readline');
const { promisify } = require('node:util');

const { Client, Message } = require('azure-iot-device');
const { Mqtt } = require('azure-iot-device-mqtt');

const simulatorProgram = process.argv[2];
const run = promisify(execFile);

// The SDK supports no port but 8883, so each run uses an address of its own.
function randomAddress() {
  const byte = (low, high) => low + Math.floor(Math.random() * (high - low + 1));
  return `127.${byte(16, 254)}.${byte(0, 255)}.${byte(1, 254)}`;
}

class Simulator {
  async start() {
    for (let attempt = 0; attempt < 5 && !this.ready; ++attempt) {
      this.process = spawn(
        simulatorProgram,
        ['run', '--until-stdin-closes', '--standard-ports', '--address', randomAddress(),
         '--device', 'node-device'],
        { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = readline.createInterface({ input: this.process.stdout });
      const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
      if (line) this.ready = JSON.parse(line);
    }
    assert(this.ready, 'the simulator did not start; its message is above');
    assert.strictEqual(this.ready.mqtt_port, 8883);
  }

  async command(...words) {
    const { stdout } = await run(simulatorProgram, ['--control', this.ready.control, ...words]);
    return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  async stop() {
    if (!this.process || this.process.exitCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.stdin.end();
    await ended;
  }
}

async function telemetry(client, hub) {
  const message = new Message(JSON.stringify({ temperature: 21.5 }));
  message.messageId = 'm1';
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.properties.add('room', 'attic & cellar');
  await client.sendEvent(message);
  const [record] = await hub.command('telemetry', 'node-device');
  assert.deepStrictEqual(JSON.parse(record.payload), { temperature: 21.5 });
  assert.strictEqual(record.properties.room, 'attic & cellar');
  assert.strictEqual(record.system_properties['$.mid'], 'm1');
  assert.strictEqual(record.system_properties['$.ct'], 'application/json');
}

async function cloudToDevice(client, hub) {
  const received = [];
  const all = new Promise((resolve) => {
    client.on('message', (message) => {
      received.push(message);
      client.complete(message, (error) => assert.ifError(error));
      if (received.length === 3) resolve();
    });
  });
  await hub.command('send-c2d', 'node-device', 'before the subscription', '--message-id', 'c1');
  await hub.command('send-c2d', 'node-device', 'n{n}', '--count', '2', '--property', 'k=v w');
  await all;
  assert.deepStrictEqual(received.map((message) => message.getData().toString()),
                         ['before the subscription', 'n1', 'n2']);
  assert.strictEqual(received[0].messageId, 'c1');
  assert.strictEqual(received[1].properties.getValue('k'), 'v w');
}

async function methods(client, hub) {
  client.onDeviceMethod('blink', (request, response) => {
    response.send(201, { times: request.payload.times + 1 });
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  const deadline = Date.now() + 10000;
  for (;;) {  // The SDK does not tell when it has subscribed.
    const [device] = await hub.command('devices');
    if (device.devices[0].subscriptions.includes('methods')) break;
    assert(Date.now() < deadline, 'the SDK did not subscribe to methods');
  }
  const [answer] = await hub.command('invoke', 'node-device', 'blink', '{"times":2}');
  assert.deepStrictEqual(answer, { status: 201, payload: { times: 3 } });
}

async function twins(client, hub) {
  await hub.command('twin', 'node-device', '--desired', '{"interval":5}');
  const twin = await client.getTwin();
  assert.strictEqual(twin.properties.desired.interval, 5);
  await promisify(twin.properties.reported.update.bind(twin.properties.reported))({ level: 7 });
  const [stored] = await hub.command('twin', 'node-device');
  assert.strictEqual(stored.reported.level, 7);

  const changed = new Promise((resolve) => {
    twin.on('properties.desired.interval', (interval) => interval === 9 && resolve());
  });
  const deadline = Date.now() + 10000;
  for (;;) {
    const [device] = await hub.command('devices');
    if (device.devices[0].subscriptions.includes('twin_patches')) break;
    assert(Date.now() < deadline, 'the SDK did not subscribe to desired properties');
  }
  await hub.command('twin', 'node-device', '--desired', '{"interval":9}');
  await changed;
}

async function main() {
  const hub = new Simulator();
  try {
    await hub.start();
    const client = Client.fromConnectionString(hub.ready.devices[0].connection_string, Mqtt);
    await client.setOptions({ ca: fs.readFileSync(hub.ready.ca, 'utf8') });
    await client.open();
    for (const step of [telemetry, cloudToDevice, methods, twins]) {
      await step(client, hub);
      console.log(`${step.name}: good`);
    }
    await client.close();
    const events = await hub.command('watch', '--from-start', '--timeout', '0');
    const refused = events.filter((event) => event.event.startsWith('refused'));
    assert.deepStrictEqual(refused, []);
  } finally {
    await hub.stop();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
