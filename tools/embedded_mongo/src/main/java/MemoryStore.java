import de.bwaldvogel.mongo.backend.ArrayFilters;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.Cursor;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.QueryParameters;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryCollection;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import java.util.List;

/** Everything in memory, with ranges of times by index. */
final class MemoryStore extends MemoryBackend {
    private final Likeness likeness;

    MemoryStore(Likeness likeness) {
        this.likeness = likeness;
    }

    @Override
    public MemoryDatabase openOrCreateDatabase(String databaseName) {
        return new Database(databaseName, getCursorRegistry(), likeness);
    }

    private static final class Database extends MemoryDatabase {
        private final Likeness likeness;

        Database(String name, CursorRegistry cursors, Likeness likeness) {
            super(name, cursors);
            this.likeness = likeness;
        }

        @Override
        protected MemoryCollection openOrCreateCollection(String collectionName, CollectionOptions options) {
            return new Collection(this, collectionName, options, cursorRegistry);
        }

        @Override
        protected Index<Integer> openOrCreateUniqueIndex(
            String collectionName, String indexName, List<IndexKey> keys, boolean sparse) {
            return MemberIndex.isMeantBy(keys)
                ? new MemberIndex<>(indexName, keys, sparse)
                : new RangeIndex(indexName, keys, sparse);
        }
    }

    private static final class Collection extends MemoryCollection {
        private final Database database;
        private final SetQueries setQueries = new SetQueries();
        /** What it finds then, it changes in place. */
        private boolean isFindingToModify;

        Collection(Database database, String name, CollectionOptions options, CursorRegistry cursors) {
            super(database, name, options, cursors);
            this.database = database;
        }

        @Override
        public synchronized List<Document> insertDocuments(List<Document> documents, boolean isOrdered) {
            documents.forEach(database.likeness::fill);
            return super.insertDocuments(documents, isOrdered);
        }

        @Override
        public synchronized Document updateDocuments(Document selector, Document update, ArrayFilters arrayFilters,
            boolean isMulti, boolean isUpsert, Oplog oplog) {
            Document leftAlone = database.likeness.leftAlone(update);
            List<Document> found = leftAlone.isEmpty() ? List.of() : found(selector, isMulti);
            Document result =
                super.updateDocuments(selector, database.likeness.filled(update), arrayFilters, isMulti, isUpsert, oplog);
            found.forEach(document -> document.putAll(leftAlone));
            return result;
        }

        /** The documents that an update is going to change. */
        private List<Document> found(Document selector, boolean isMulti) {
            List<Document> found = queryDocuments(selector, null, 0, 0, 0, null).collectDocuments();
            return isMulti || found.isEmpty() ? found : found.subList(0, 1);
        }

        @Override
        protected boolean documentMatchesQuery(Document document, Document query) {
            Boolean meetsSets = setQueries.meetsSets(document, query);
            if (meetsSets == null) {
                return super.documentMatchesQuery(document, query);
            }
            return meetsSets && super.documentMatchesQuery(document, setQueries.rest());
        }

        /** Would encode each document once more. */
        @Override
        protected boolean tracksDataSize() {
            return false;
        }

        @Override
        public synchronized QueryResult handleQuery(QueryParameters parameters) {
            QueryResult result = super.handleQuery(parameters);
            return isFindingToModify ? result : Copies.of(result);
        }

        @Override
        protected Cursor createCursor(List<Document> remaining) {
            return super.createCursor(Copies.of(remaining));
        }

        @Override
        public synchronized Document findAndModify(Document query) {
            query.computeIfPresent("update", (key, update) -> database.likeness.filled((Document) update));
            isFindingToModify = true;
            try {
                return super.findAndModify(query).cloneDeeply();
            } finally {
                isFindingToModify = false;
            }
        }
    }
}
