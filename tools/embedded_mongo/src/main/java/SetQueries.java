import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Queries for one of many strings, {@code {field: {$in: [...]}}}, which the server itself compares with each document string
 * by string. The lists of a query become sets once, at its first document. Not safe to use from several threads.
 */
final class SetQueries {
    private static final String IN = "$in";

    /** Compared by identity: a query does not change while it is answered. */
    private Document query;
    private final Map<String, Set<?>> sets = new HashMap<>();
    private final Document rest = new Document();

    /**
     * Whether the document meets the conditions that are sets. null: it holds a list there, which only the server itself knows
     * how to compare.
     */
    Boolean meetsSets(Document document, Document query) {
        look(query);
        for (Map.Entry<String, Set<?>> condition : sets.entrySet()) {
            Object value = document.get(condition.getKey());
            if (value instanceof Collection) {
                return null;
            }
            if (!(value instanceof String) || !condition.getValue().contains(value)) {
                return false;
            }
        }
        return true;
    }

    /** The other conditions of the same query. */
    Document rest() {
        return rest;
    }

    private void look(Document query) {
        if (this.query == query) {
            return;
        }
        this.query = query;
        sets.clear();
        rest.clear();
        query.forEach((field, condition) -> {
            Collection<?> strings = field.startsWith("$") || field.contains(".") ? null : strings(condition);
            if (strings == null) {
                rest.put(field, condition);
            } else {
                sets.put(field, new HashSet<>(strings));
            }
        });
    }

    /** The list of a condition that asks for one of several strings, and for nothing else; else null. */
    static Collection<?> strings(Object condition) {
        if (!(condition instanceof Document) || ((Document) condition).size() != 1) {
            return null;
        }
        Object values = ((Document) condition).get(IN);
        boolean areStrings =
            values instanceof Collection && ((Collection<?>) values).stream().allMatch(String.class::isInstance);
        return areStrings ? (Collection<?>) values : null;
    }
}
