import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.memory.index.MemoryUniqueIndex;
import de.bwaldvogel.mongo.bson.BsonTimestamp;
import de.bwaldvogel.mongo.bson.Document;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A unique index that also finds what is later than a time, {@code {first_key: {$gt or $gte: Timestamp or date}, ...}}, in the
 * order of the times, what has just one Timestamp, {@code {first_key: Timestamp}}, and one of several strings, {@code {key: {$in:
 * [...]}}}. The server looks at the rest of the query, and at the bound, itself.
 */
final class RangeIndex extends MemoryUniqueIndex {
    private record Entry<T extends Comparable<T>>(T time, int position) implements Comparable<Entry<T>> {
        @Override
        public int compareTo(Entry<T> other) {
            int order = time.compareTo(other.time);
            return order != 0 ? order : Integer.compare(position, other.position);
        }
    }

    private final NavigableSet<Entry<BsonTimestamp>> timestamps = new TreeSet<>();
    private final NavigableSet<Entry<Instant>> dates = new TreeSet<>();

    RangeIndex(String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
    }

    /** As the base class does, but for looking once more whether the keys are free, of which its callers have made sure. */
    @Override
    public synchronized void add(Document document, Integer position, MongoCollection<Integer> collection) {
        if (isSparse()) {
            super.add(document, position, collection);
            return;
        }
        for (KeyValue key : getKeyValues(document)) {
            if (!putKeyPosition(key, position)) {
                throw new IllegalStateException("two documents of one key in the index " + getName());
            }
        }
    }

    @Override
    protected synchronized boolean putKeyPosition(KeyValue key, Integer position) {
        boolean isNew = super.putKeyPosition(key, position);
        if (isNew) {
            Object first = key.get(0);
            if (first instanceof BsonTimestamp) {
                timestamps.add(new Entry<>((BsonTimestamp) first, position));
            } else if (first instanceof Instant) {
                dates.add(new Entry<>((Instant) first, position));
            }
        }
        return isNew;
    }

    @Override
    protected synchronized Integer removeDocument(KeyValue key) {
        Integer position = super.removeDocument(key);
        if (position != null) {
            // A document with several keys has one entry for all that begin with the same time.
            Object first = key.get(0);
            if (first instanceof BsonTimestamp) {
                timestamps.remove(new Entry<>((BsonTimestamp) first, position));
            } else if (first instanceof Instant) {
                dates.remove(new Entry<>((Instant) first, position));
            }
        }
        return position;
    }

    @Override
    public synchronized boolean canHandle(Document query) {
        return lowerBound(query) != null || isForOneTimestamp(query) || super.canHandle(query);
    }

    @Override
    public synchronized Iterable<Integer> getPositions(Document query) {
        if (isForOneTimestamp(query)) {
            BsonTimestamp time = (BsonTimestamp) firstCondition(query);
            return positions(timestamps.subSet(first(time), true, new Entry<>(time, Integer.MAX_VALUE), true));
        }
        Object bound = lowerBound(query);
        if (bound instanceof BsonTimestamp) {
            return since(timestamps, (BsonTimestamp) bound);
        }
        if (bound instanceof Instant) {
            return since(dates, (Instant) bound);
        }
        Collection<?> strings = isCompoundIndex() ? null : SetQueries.strings(firstCondition(query));
        if (strings == null) {
            return super.getPositions(query);
        }
        return strings.stream()
            .map(string -> getPosition(new KeyValue(string)))
            .filter(Objects::nonNull)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static <T extends Comparable<T>> Iterable<Integer> since(NavigableSet<Entry<T>> times, T bound) {
        return positions(times.tailSet(first(bound), true));
    }

    private static <T extends Comparable<T>> Entry<T> first(T time) {
        return new Entry<>(time, Integer.MIN_VALUE);
    }

    private static <T extends Comparable<T>> Iterable<Integer> positions(Set<Entry<T>> times) {
        return times.stream().map(Entry::position).distinct().collect(Collectors.toList());
    }

    private boolean isForOneTimestamp(Document query) {
        return query.size() == 1 && firstCondition(query) instanceof BsonTimestamp;
    }

    /** null: the query does not ask for what is later than a time. */
    private Object lowerBound(Document query) {
        Object condition = firstCondition(query);
        if (!(condition instanceof Document)) {
            return null;
        }
        Document operators = (Document) condition;
        Object bound = operators.containsKey("$gte") ? operators.get("$gte") : operators.get("$gt");
        return bound instanceof BsonTimestamp || bound instanceof Instant ? bound : null;
    }

    private Object firstCondition(Document query) {
        return query.get(getKeys().get(0).getKey());
    }
}
