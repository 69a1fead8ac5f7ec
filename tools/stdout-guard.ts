/** stdout belongs to the protocol. Imported first, before anything that may print. */
console.log = console.info = console.debug = console.error;
