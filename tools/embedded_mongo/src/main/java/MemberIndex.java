import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The index {@code {"list.field": 1, _id: 1}}: finds documents by a string that a member of their list has in a field,
 * {@code {"list.field": text or {$in: [texts]}}}. As {@code _id} is one of its keys, it is unique whatever the lists hold. It is
 * kept in memory by any store, and made anew when the store is opened. The server looks at what is found, and at the rest of the
 * query, itself.
 */
final class MemberIndex<P> extends Index<P> {
    private static final String ID = "_id";

    private final Map<String, Set<P>> positionsByText = new HashMap<>();
    private final Map<Object, P> positionsById = new HashMap<>();

    MemberIndex(String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
    }

    static boolean isMeantBy(List<IndexKey> keys) {
        return keys.size() == 2 && keys.get(0).getKey().contains(".") && keys.get(1).getKey().equals(ID);
    }

    @Override
    public synchronized P getPosition(Document document) {
        return positionsById.get(idOf(document));
    }

    @Override
    public void checkAdd(Document document, MongoCollection<P> collection) {
        // The index of _id looks at what has to be unique.
    }

    @Override
    public synchronized void add(Document document, P position, MongoCollection<P> collection) {
        positionsById.put(idOf(document), position);
        add(textsOf(document), position);
    }

    @Override
    public synchronized P remove(Document document) {
        P position = positionsById.remove(idOf(document));
        remove(textsOf(document), position);
        return position;
    }

    @Override
    public void checkUpdate(Document oldDocument, Document newDocument, MongoCollection<P> collection) {
        // As checkAdd().
    }

    @Override
    public synchronized void updateInPlace(
        Document oldDocument, Document newDocument, P position, MongoCollection<P> collection) {
        Set<String> oldTexts = textsOf(oldDocument);
        Set<String> newTexts = textsOf(newDocument);
        if (!oldTexts.equals(newTexts)) {
            remove(oldTexts, position);
            add(newTexts, position);
        }
    }

    @Override
    public boolean canHandle(Document query) {
        return textsAskedFor(query) != null;
    }

    @Override
    public synchronized Iterable<P> getPositions(Document query) {
        Set<P> positions = new LinkedHashSet<>();
        for (Object text : textsAskedFor(query)) {
            positions.addAll(positionsByText.getOrDefault(text, Set.of()));
        }
        return positions;
    }

    @Override
    public synchronized long getCount() {
        return positionsById.size();
    }

    @Override
    public long getDataSize() {
        return getCount();
    }

    @Override
    public void drop() {
        // Nothing of it is stored.
    }

    @Override
    public boolean isUnique() {
        return true;
    }

    private void add(Set<String> texts, P position) {
        for (String text : texts) {
            // Mostly one.
            positionsByText.merge(text, Set.of(position), (left, right) -> {
                Set<P> both = new HashSet<>(left);
                both.addAll(right);
                return both;
            });
        }
    }

    private void remove(Set<String> texts, P position) {
        for (String text : texts) {
            positionsByText.computeIfPresent(text, (key, positions) -> {
                Set<P> left = new HashSet<>(positions);
                left.remove(position);
                return left.isEmpty() ? null : left;
            });
        }
    }

    private static Object idOf(Document document) {
        return document.get(ID);
    }

    private Set<String> textsOf(Document document) {
        Object value = Utils.getSubdocumentValueCollectionAware(document, getKeys().get(0).getKey());
        Set<String> texts = new HashSet<>();
        for (Object each : value instanceof Collection ? (Collection<?>) value : Collections.singleton(value)) {
            if (each instanceof String) {
                texts.add((String) each);
            }
        }
        return texts;
    }

    /** null: the query asks for something else, too, or not for texts. */
    private Collection<?> textsAskedFor(Document query) {
        Object condition = query.get(getKeys().get(0).getKey());
        if (condition instanceof String) {
            return List.of(condition);
        }
        if (!(condition instanceof Document) || ((Document) condition).size() != 1) {
            return null;
        }
        Object texts = ((Document) condition).get("$in");
        boolean areTexts = texts instanceof Collection && ((Collection<?>) texts).stream().allMatch(String.class::isInstance);
        return areTexts ? (Collection<?>) texts : null;
    }
}
