import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.memory.index.MemoryUniqueIndex;
import de.bwaldvogel.mongo.bson.BsonTimestamp;
import de.bwaldvogel.mongo.bson.Document;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A unique index that also finds what is later than a time: {@code {first_key: {$gt or $gte: Timestamp or date}, ...}}.
 * The server looks at the rest of the query, and at the bound, itself.
 */
final class RangeIndex extends MemoryUniqueIndex {
    private final NavigableMap<BsonTimestamp, Set<Integer>> timestamps = new TreeMap<>();
    private final NavigableMap<Instant, Set<Integer>> dates = new TreeMap<>();

    RangeIndex(String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
    }

    @Override
    protected synchronized boolean putKeyPosition(KeyValue key, Integer position) {
        boolean isNew = super.putKeyPosition(key, position);
        if (isNew) {
            Object first = key.get(0);
            if (first instanceof BsonTimestamp) {
                timestamps.computeIfAbsent((BsonTimestamp) first, time -> new HashSet<>()).add(position);
            } else if (first instanceof Instant) {
                dates.computeIfAbsent((Instant) first, time -> new HashSet<>()).add(position);
            }
        }
        return isNew;
    }

    @Override
    protected synchronized Integer removeDocument(KeyValue key) {
        Integer position = super.removeDocument(key);
        if (position != null) {
            forget(key.get(0), position);
        }
        return position;
    }

    private void forget(Object first, Integer position) {
        NavigableMap<?, Set<Integer>> times = first instanceof BsonTimestamp ? timestamps : dates;
        if (first instanceof BsonTimestamp || first instanceof Instant) {
            Set<Integer> positions = times.get(first);
            // The positions of one document's several keys are one.
            if (positions != null && positions.remove(position) && positions.isEmpty()) {
                times.remove(first);
            }
        }
    }

    @Override
    public synchronized boolean canHandle(Document query) {
        return lowerBound(query) != null || super.canHandle(query);
    }

    @Override
    public synchronized Iterable<Integer> getPositions(Document query) {
        Object bound = lowerBound(query);
        if (bound == null) {
            return super.getPositions(query);
        }
        NavigableMap<?, Set<Integer>> later =
            bound instanceof BsonTimestamp
                ? timestamps.tailMap((BsonTimestamp) bound, true)
                : dates.tailMap((Instant) bound, true);
        return later.values().stream().flatMap(Set::stream).distinct().collect(Collectors.toList());
    }

    /** null: the query does not ask for what is later than a time. */
    private Object lowerBound(Document query) {
        Object condition = query.get(getKeys().get(0).getKey());
        if (!(condition instanceof Document)) {
            return null;
        }
        Document operators = (Document) condition;
        Object bound = operators.containsKey("$gte") ? operators.get("$gte") : operators.get("$gt");
        return bound instanceof BsonTimestamp || bound instanceof Instant ? bound : null;
    }
}
