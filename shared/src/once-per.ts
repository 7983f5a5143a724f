/**
 * A function that makes its result once for each object that it is given, and keeps it as long as that object lives.
 *
 * @param make whose result depends on the object alone
 */
export function oncePer<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    let kept = made.get(key);
    if (kept === undefined) {
      kept = { value: make(key) };
      made.set(key, kept);
    }
    return kept.value;
  };
}
