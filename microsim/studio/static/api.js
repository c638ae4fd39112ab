// Asking the server: data, or an error whose message is its sentence.

export class Refused extends Error {}

const answered = async (reply) => {
  if (reply.ok) return reply;
  throw new Refused((await reply.text()).trim());
};

const address = (name, query) => `/api/${name}?${new URLSearchParams(query)}`;

export const ask = async (name, query = {}) => (await answered(await fetch(address(name, query)))).json();

// Codes of a section or a volume, and the headers beside them.
export const codesOf = async (name, query) => {
  const reply = await answered(await fetch(address(name, query)));
  return [new Uint16Array(await reply.arrayBuffer()), reply.headers];
};

export const tell = async (name, body) => (await answered(await fetch(`/api/${name}`, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
}))).json();

// A file into the folder, as it is.
export const send = async (name, file) => (await answered(await fetch(address("upload", { name }), {
  method: "POST", headers: { "content-type": "application/octet-stream" }, body: file,
}))).json();
