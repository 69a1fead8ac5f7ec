/** A type of the browser that the 1.x client library names; `typeof fetch` alone is in Node's types. */
type HeadersInit = ConstructorParameters<typeof Headers>[0];
